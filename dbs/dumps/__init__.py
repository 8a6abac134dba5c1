"""SQL dump files: check one before anything is touched (`verify.py`), read it (`reading.py`), load it (`load.py`)."""
