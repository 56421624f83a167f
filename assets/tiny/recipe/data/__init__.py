"""The guide's training data: written by us, or composed by rules of ours.

`python -m assets.tiny.recipe.data.build --out FOLDER` makes all of it, the same bytes each time.
"""
