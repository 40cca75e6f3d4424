"""A pytest plugin: what a client sends to Google goes to ZMIG_SHEETS_URL instead. For clients over `requests`, gspread above all:

    zmig-sheets-server make-key --out sa.json
    zmig-sheets-server --port 8910 --auth keys --key sa.json --quota off --with-spreadsheet "Some other spreadsheet" \\
        --forbidden 1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc &
    cd <gspread checkout>
    ZMIG_SHEETS_URL=http://127.0.0.1:8910 GS_CREDS_FILENAME=<path>/sa.json PYTHONPATH=<this folder> \\
        python3 -m pytest tests -q -p no:vcr -p zmig_redirect -p no:cacheprovider
"""
import os
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

BASE = urlsplit(os.environ["ZMIG_SHEETS_URL"])
HOSTS = {"sheets.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com"}
_send = HTTPAdapter.send


def send(self, request, **kw):
    u = urlsplit(request.url)
    if u.hostname in HOSTS:
        request.url = urlunsplit((BASE.scheme, BASE.netloc, u.path, u.query, ""))
    return _send(self, request, **kw)


HTTPAdapter.send = send
