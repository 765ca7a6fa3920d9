"""Makes ``{{ form }}`` and ``{{ field.as_field_group }}`` use the design system's templates."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/group.html"
