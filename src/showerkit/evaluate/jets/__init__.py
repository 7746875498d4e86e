"""Judge generated jets by the measures of the field, defined as JetNet defines them."""
