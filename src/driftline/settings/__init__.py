"""The monitor file: its types (`monitor`) and how it is read (`file`)."""
