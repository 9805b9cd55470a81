"""`python -I -S bench/first_page.py FOLDER LIBRARIES EVENT`: what a cold Lambda does, and then the
CPU milliseconds that the process has taken, the interpreter's own start included.
"""

import json
import sys
import time

folder, libraries, event = sys.argv[1:4]
sys.path[:0] = [folder, libraries]

import app  # noqa: E402 - found only now

answer = app.app(json.loads(event), None)
cpu = time.process_time() * 1000
print(json.dumps({"cpu": cpu, "status": answer["statusCode"], "bytes": len(answer["body"])}))
