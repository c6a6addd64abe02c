"""What pyshrink runs inside a container. Standard library and ctypes only, Python 3.6 to 3.14."""
