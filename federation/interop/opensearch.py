"""The OpenSearch 1.1 description, by which a browser offers to search here from its address bar."""

from __future__ import annotations

from xml.etree import ElementTree as ET

NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
MEDIA_TYPE = "application/opensearchdescription+xml"
SUGGESTIONS = "application/x-suggestions+json"
MAX_SHORT_NAME = 16


def description(*, name: str, about: str, search: str, suggest: str, api: str, icon: str, language: str) -> bytes:
    """The document; `search`, `suggest` and `api` are addresses that end where the words asked for are to be put."""
    root = ET.Element("OpenSearchDescription", xmlns=NAMESPACE)
    ET.SubElement(root, "ShortName").text = name[:MAX_SHORT_NAME]
    ET.SubElement(root, "Description").text = about
    ET.SubElement(root, "Url", type="text/html", template=f"{search}{{searchTerms}}")
    ET.SubElement(root, "Url", type=SUGGESTIONS, rel="suggestions", template=f"{suggest}{{searchTerms}}")
    ET.SubElement(root, "Url", type="application/json", template=f"{api}{{searchTerms}}")
    ET.SubElement(root, "Image", type="image/svg+xml").text = icon
    ET.SubElement(root, "Language").text = language
    ET.SubElement(root, "InputEncoding").text = "UTF-8"
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found
