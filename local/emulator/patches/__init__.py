"""What moto 5.2.5 lacks or gets wrong, by service. Every module has `apply()`; every function says what moto does without it."""
