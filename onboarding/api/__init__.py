"""The API of opening units and of the operator's figures."""
