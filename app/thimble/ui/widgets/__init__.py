"""Small widgets that every page uses, dressed by the theme."""
