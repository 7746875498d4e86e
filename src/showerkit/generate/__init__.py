"""Use trained models: showers from incident particles."""
