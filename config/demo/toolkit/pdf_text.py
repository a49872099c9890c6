"""Say which character each code of a PDF font stands for (ISO 32000-1, 9.10.3), so that text can be searched."""

import re
import unicodedata
import zlib

_SINGLE = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>\n")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>\n")
_CODES = b"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
# Noto draws a character and the radical of the same shape with one glyph, and Chromium names the radical.
# Unicode maps the Kangxi radicals back; of the supplement's simplified forms it does not, so they stand here.
_RADICALS = dict(
    zip(
        "⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⺠⻁⺒⺎⺓⺩⻑",
        "西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙民虎巳兀幺王長",
        strict=True,
    )
)


def shorter_map(original: bytes) -> bytes:
    """Give a ToUnicode stream's object body with the same codes and nothing else, radicals made characters."""
    pairs = [
        b"<%s> <%s>\n" % (code, _character(target))
        for section in re.findall(rb"beginbfchar\n(.*?)endbfchar", original, re.DOTALL)
        for code, target in _SINGLE.findall(section)
    ]
    for section in re.findall(rb"beginbfrange\n(.*?)endbfrange", original, re.DOTALL):
        for first, last, target in _RANGE.findall(section):
            for step in range(int(last, 16) - int(first, 16) + 1):
                place = b"%04X" % (int(target, 16) + step)
                pairs.append(b"<%02X> <%s>\n" % (int(first, 16) + step, _character(place)))
    text = b"begincmap\n" + _CODES + b"%d beginbfchar\n" % len(pairs) + b"".join(pairs) + b"endbfchar\nendcmap\n"
    packed = zlib.compress(text, 9)
    return b"<</Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (len(packed), packed)


def _character(target: bytes) -> bytes:
    character = bytes.fromhex(target.decode()).decode("utf-16-be")
    if "\u2e80" <= character <= "\u2fdf":
        character = _RADICALS.get(character, unicodedata.normalize("NFKC", character))
    return character.encode("utf-16-be").hex().upper().encode()
