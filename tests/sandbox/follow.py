"""A browser for tests of `zohorm login`: opens the consent page at argv[2], and answers argv[1]."""

import html
import re
import sys
import urllib.parse
import urllib.request

answer, address = sys.argv[1:3]
with urllib.request.urlopen(address, timeout=60) as shown:
    page = shown.read().decode()
pairs = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
sent = {html.unescape(name): html.unescape(value) for name, value in pairs} | {"consent": answer}
form = urllib.parse.urlencode(sent).encode()
with urllib.request.urlopen(address.partition("?")[0], form, timeout=60) as done:
    done.read()
