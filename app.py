"""The table of contents: every room of the house, and what `core` is handed because it must not
import it. Lambda calls `app`.
"""

import gc

# Hundreds of modules are about to be imported; collecting in between finds nothing and takes a
# tenth of a cold start.
gc.disable()

from chalice.app import Chalice

from chalicelib.accounts import routes as accounts
from chalicelib.accounts.actions import authenticate
from chalicelib.comments import actions as conversation
from chalicelib.comments import own_routes as own
from chalicelib.comments import routes as comments
from chalicelib.comments import thread_routes as threads
from chalicelib.core import events, jobs, signing, web
from chalicelib.feeds import routes as feeds
from chalicelib.likes import routes as likes
from chalicelib.lists import actions as lists
from chalicelib.moderation import desk as moderation_pages
from chalicelib.moderation import routes as moderation
from chalicelib.notices import actions as notices
from chalicelib.notices import routes as notices_routes
from chalicelib.posts import tallies
from chalicelib.publishing import routes as publishing
from chalicelib.settings import routes as settings
from chalicelib.settings.actions import lasting_secret, signing_secrets, transport_security
from chalicelib.settings.pages import error_page
from chalicelib.site import routes as site

app = Chalice(app_name="parley")

signing.use_secrets(signing_secrets, lasting_secret)
web.use(authenticate, error_page, transport_security)
jobs.use({**tallies.JOBS, **conversation.JOBS, **lists.JOBS, **notices.JOBS})
web.serve(
    app,
    site.routes,
    feeds.routes,
    comments.routes,
    own.routes,
    threads.routes,
    moderation.routes,
    moderation_pages.routes,
    likes.routes,
    publishing.routes,
    accounts.routes,
    settings.routes,
    notices_routes.routes,
)
tick = events.serve_tick(app)
worker = events.serve_worker(app)

# What is loaded by now stays; a request makes thousands of small objects and no cycles worth looking
# for seven times on its way.
gc.freeze()
gc.set_threshold(20_000)
gc.enable()
