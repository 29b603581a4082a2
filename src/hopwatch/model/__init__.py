"""The words of hopwatch as types: hops, evidence, facts, errors."""
