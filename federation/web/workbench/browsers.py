"""What a browser calls itself, in words that people know: its family and its system, no version and no model."""

from __future__ import annotations

FAMILIES = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MQQBrowser", "QQ Browser"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What stands in the name, and the family: in this order, since most of them also call themselves what follows."""
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def family(user_agent: str) -> str:
    """`Chrome · Windows` for what a browser sends as its name (RFC 9110 §10.1.5); empty for one that is unknown."""
    known = (_first(FAMILIES, user_agent), _first(SYSTEMS, user_agent))
    return " · ".join(word for word in known if word)


def _first(words: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in words if sign in user_agent), "")
