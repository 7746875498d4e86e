"""Judge generated showers by physics: observables, hit probability, profiles, response and distances."""
