"""What changes posts, terms and re-elections; ``votes`` is arithmetic alone.

The choices that callers name stand here too, because other apps never import the models.
"""

from tenant_apps.elections.models import Act, CaseKind, Excuse, Office

__all__ = ["Act", "CaseKind", "Excuse", "Office"]
