"""Volumes of new scans."""
