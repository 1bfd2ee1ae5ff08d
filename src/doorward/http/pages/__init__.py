"""Plain pages: no script, no third party, forms that work everywhere."""

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def page(name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page."""
    html = _TEMPLATES.get_template(f"{name}.html").render(values)
    return HTMLResponse(html, status, {"Content-Security-Policy": POLICY})
