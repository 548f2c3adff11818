"""Printed forms: which one a call wants, and a small page that stands for it."""

from __future__ import annotations

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
    line = (
        title.encode("latin-1", "replace").replace(b"(", b"").replace(b")", b"").replace(b"\\", b"")
    )
    stream = b"BT /F1 18 Tf 72 720 Td (" + line + b") Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(stream)).encode() + b" >>\nstream\n" + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    text = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    start = len(text)
    text += b"xref\n0 6\n0000000000 65535 f \n" + table
    return text + f"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
