"""Drawing only: nothing here is needed to compute; pyvista and matplotlib are imported when a picture is asked for."""
