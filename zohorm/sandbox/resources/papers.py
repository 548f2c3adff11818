"""Printed forms: which one a call wants, and a small page that stands for it."""

from __future__ import annotations

from io import BytesIO

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply, page_of_html

_PDF_TYPE = "application/pdf"


def wanted(context: Context) -> str | None:
    """Return `pdf` or `html` if the call asks for it, in its query, header or path."""
    asked = context.query.get("accept", "").lower()
    if asked in ("pdf", "html"):
        return asked
    # What a client accepts as well, after the first, is for other servers than this.
    preferred = context.headers.get("Accept", "").partition(",")[0].partition(";")[0]
    if context.flag("print") or preferred.strip().lower() == _PDF_TYPE:
        return "pdf"
    return None


def paper(form: str, title: str, record_id: str) -> Reply:
    """Return a printed record."""
    if form == "html":
        return page_of_html(200, f"{title} {record_id}")
    headers = {"Content-Disposition": f'attachment; filename="{title}-{record_id}.pdf"'}
    return Reply(200, _pdf(f"{title} {record_id}"), headers, _PDF_TYPE)


def _pdf(title: str) -> bytes:
    """Return a PDF of one page with one line of Latin text."""
    # Loaded when first needed, for a sandbox starts quickly; it brings no types.
    import pydyf  # type: ignore[import-untyped]

    line = title.encode("latin-1", "replace").translate(None, b"()\\")
    document = pydyf.PDF()
    font = pydyf.Dictionary({"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica"})
    text = pydyf.Stream([b"BT /F1 18 Tf 72 720 Td (" + line + b") Tj ET"])
    for each in (font, text):
        document.add_object(each)
    fonts = pydyf.Dictionary({"F1": font.reference})
    document.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": document.pages.reference,
                "MediaBox": pydyf.Array([0, 0, 612, 792]),
                "Contents": text.reference,
                "Resources": pydyf.Dictionary({"Font": fonts}),
            }
        )
    )
    written = BytesIO()
    document.write(written)
    return written.getvalue()
