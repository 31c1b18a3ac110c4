"""Settings of Sphinx. `build.py` writes the pages that it reads."""

import re

project = "unsmudge"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
highlight_language = "none"
nitpicky = False

myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

# Docstrings are numpy's.
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 90

html_theme = "furo"
html_title = "unsmudge"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_extra_path = ["extra"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def skip(app, what, name, obj, skipped, options):
    """Methods of scikit-learn's base classes are documented there."""
    of = getattr(obj, "fget", None) or obj
    return skipped or not getattr(of, "__module__", "").startswith("unsmudge")


def escape(app, what, name, obj, options, lines):
    """In types, a name with an underscore at its end is no link."""
    lines[:] = [re.sub(r"\((\w+)_,\)", r"(\1\_,)", line) for line in lines]


def link(app, what, name, obj, options, lines):
    """Documents that docstrings name are pages of the site."""
    lines[:] = [re.sub(r"docs/([a-z-]+)\.md", r":doc:`/\1`", line) for line in lines]


def setup(app):
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", escape, priority=400)
    app.connect("autodoc-process-docstring", link, priority=900)
