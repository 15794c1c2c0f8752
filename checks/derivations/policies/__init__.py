"""The policy evaluator: a policy's text → whom each Allow lets in. Pure; knows no bucket, block or inventory.

`grammar` reads, `principals` and `pins` say who passes at most, `guards` what a Deny takes back, `actions` what may be
done, `grants` puts them together.
"""
