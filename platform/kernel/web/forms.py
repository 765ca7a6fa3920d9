"""How forms look: label on top, help, error under the field (ui.md, points 15 and 16)."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Renders ``{{ form }}`` and ``as_field_group`` with the design system's templates."""

    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"
