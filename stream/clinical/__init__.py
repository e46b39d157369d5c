"""The clinical core: pure, without I/O, clock or chance."""
