"""The process that fresh processes are forked from: ``python -m modsearch.scoring.latency``, jobs in, answers out."""

from modsearch.scoring.latency.fork_server import serve

if __name__ == "__main__":
    serve()
