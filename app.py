"""The table of contents: every room of the house, and what `core` is handed because it must not
import it. Lambda calls `app`.
"""

import gc

# Hundreds of modules are about to be imported; collecting in between finds nothing and takes a
# tenth of a cold start.
gc.disable()

from chalice.app import Chalice

from chalicelib import seldom
from chalicelib.accounts.actions import authenticate
from chalicelib.comments import thread_routes as threads
from chalicelib.core import events, jobs, signing, web
from chalicelib.feeds import routes as feeds
from chalicelib.lists import actions as lists
from chalicelib.posts import tallies
from chalicelib.settings.actions import (
    begin_renewal,
    lasting_secret,
    signing_secrets,
    transport_security,
)
from chalicelib.settings.pages import error_page
from chalicelib.site import routes as site

app = Chalice(app_name="parley")

signing.use_secrets(signing_secrets, lasting_secret)
web.use(authenticate, error_page, transport_security)
jobs.use({**tallies.JOBS, **lists.JOBS, **jobs.later(seldom.JOBS)}, heavy=seldom.HEAVY)
web.serve(app, site.routes, feeds.routes, threads.routes, seldom=seldom.ROUTES, binary=seldom.BINARY)
events.use(begin_renewal)
tick = events.serve_tick(app)
worker = events.serve_worker(app)
image_worker = events.serve_image_worker(app)

# What is loaded by now stays; a request makes thousands of small objects and no cycles worth looking
# for seven times on its way.
gc.freeze()
gc.set_threshold(20_000)
gc.enable()
