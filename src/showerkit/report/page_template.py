"""Fill the templates of HTML pages."""

from __future__ import annotations


def render_page(template: str, **values: object) -> str:
    """Fill a template of the report.

    Parameters
    ----------
    template
        Its file in ``report/templates``.
    values
        What it names; every name in it has to be given.

    Returns
    -------
    str
        The page; text in the values is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("showerkit.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template(template).render(**values)
