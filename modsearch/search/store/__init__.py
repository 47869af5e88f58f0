"""What a study is kept in: the Optuna study, its storage and its folder."""
