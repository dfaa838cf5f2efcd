"""Flows of points in R^d: where they rest, and the curves and surfaces that divide their ways."""
