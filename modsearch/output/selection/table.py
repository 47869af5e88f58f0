"""What the selectors of a network pick, as tables and as JSON."""

import math
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from modsearch.analysis import BlockSelection, Information, SelectionInfo
from modsearch.output.selection.words import (
    class_bits,
    fixed_line,
    percent,
    selection_footnotes,
    selection_subtitle,
    selection_title,
    selection_warning,
    slot_name,
    telling_channels,
    verdict,
)

_CHANNELS_A_BLOCK = 6


def selection_tables(info: SelectionInfo) -> Group:
    """One table of blocks, one of channels, and notes."""
    notes = [note for note in (selection_warning(info), _legend(info), *selection_footnotes(info)) if note]
    return Group(_block_table(info), _channel_table(info), *(Text(note, style="dim") for note in notes))


def selection_json(info: SelectionInfo) -> dict[str, Any]:
    """Everything as JSON values: rates and shares as fractions, by channel number."""
    return {
        "study": info.study,
        "id": info.architecture.id,
        "description": info.architecture.describe(),
        "is_smoke_test": info.is_smoke_test,
        "num_images": info.num_images,
        "hardly_selects": info.hardly_selects,
        "accuracy": info.accuracy,
        "class_names": list(info.class_names),
        "class_entropy_bits": info.class_entropy_bits,
        "blocks": [_block_json(block, info) for block in info.blocks],
        "fixed": [
            {"stage": slot.stage, "block": slot.index, "symbol": slot.block.symbol, "says": fixed_line(slot)}
            for slot in info.fixed
        ],
    }


def _block_table(info: SelectionInfo) -> Table:
    table = Table(
        title=selection_title(info),
        caption=selection_subtitle(info),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("block")
    for name in ("never\npicked", "entropy\nbits", "other\nset", "overlap", "tied", "class\nbits"):
        table.add_column(name, justify="right", no_wrap=True)
    for block in info.blocks:
        table.add_row(*_row(block))
    return table


def _legend(info: SelectionInfo) -> str:
    """What the columns mean."""
    is_known = all(block.set_information.is_known for block in info.blocks)
    unknown = "" if is_known else " ?: more than half of the images have a set of their own, so that it cannot be told."
    return (
        "Entropy: of the shares of all picks; below it, that of one set for all and that of equal use. "
        "Other set: images whose set is not the most common one. Overlap: what the sets of two images have in common. "
        f"Class bits: what the set tells about the class, which has {info.class_entropy_bits:.2f} bits; below it, "
        f"what the most telling channel does; both allow for the few images of each set.{unknown}"
    )


def _row(block: BlockSelection) -> tuple[str, ...]:
    slot, (least, most) = block.slot, block.entropy_range_bits
    size = f"{slot.block.symbol}: {slot.k} of {slot.num_channels}, {slot.num_hidden} hidden"
    return (
        f"[bold]{slot_name(slot)}[/]\n{size}\n{verdict(block)}",
        percent(block.never_picked),
        f"{block.entropy_bits:.2f}\n{least:.3g}-{most:.3g}",
        percent(block.other_set),
        percent(block.overlap),
        percent(block.tied),
        f"{class_bits(block.set_information)}\n{class_bits(block.channel_information)}",
    )


def _channel_table(info: SelectionInfo) -> Table:
    which = "The channels that the chosen classes pick most differently" if info.chosen else "The most picked channels"
    table = Table(title=which, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("block", no_wrap=True)
    names = (
        "channel",
        "picked for",
        "of all picks",
        *(f"for {escape(class_name)}" for class_name in info.chosen_names),
    )
    for name in names:
        table.add_column(name, justify="right")
    for block in info.blocks:
        channels = telling_channels(block, info.chosen, _CHANNELS_A_BLOCK)
        for number, channel in enumerate(channels):
            rates = [block.rate_KC[label, channel] for label in info.chosen]
            shown = (percent(share) for share in (block.rate_C[channel], block.share_C[channel], *rates))
            table.add_row("" if number else slot_name(block.slot), str(channel), *shown)
        table.add_section()
    return table


def _block_json(block: BlockSelection, info: SelectionInfo) -> dict[str, Any]:
    least, most = block.entropy_range_bits
    chosen = info.chosen or range(len(info.class_names))
    by_class = {info.class_names[label]: block.rate_KC[label].tolist() for label in chosen}
    return {
        "stage": block.slot.stage,
        "block": block.slot.index,
        "symbol": block.slot.block.symbol,
        "num_channels": block.slot.num_channels,
        "k": block.slot.k,
        "num_hidden": block.slot.num_hidden,
        "says": verdict(block),
        "never_picked": block.never_picked,
        "entropy_bits": block.entropy_bits,
        "least_entropy_bits": least,
        "greatest_entropy_bits": most,
        "num_sets": block.num_sets,
        "other_set": block.other_set,
        "overlap": block.overlap,
        "tied": block.tied,
        "depends_on_class": block.depends_on_class,
        "set_information": _information_json(block.set_information),
        "channel_information": {"channel": block.channel} | _information_json(block.channel_information),
        "pick_rate": block.rate_C.tolist(),
        "pick_share": block.share_C.tolist(),
        "pick_rate_by_class": {name: None if math.isnan(rates[0]) else rates for name, rates in by_class.items()},
    }


def _information_json(found: Information) -> dict[str, float | None]:
    return {
        "bits": found.bits,
        "measured_bits": found.measured_bits,
        "chance_bits": found.chance_bits,
        "most_by_chance_bits": found.most_by_chance_bits,
    }
