"""A memory is killed some hundreds of times and must not care: ``make torture``. No part of `make test`."""
