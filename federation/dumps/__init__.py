"""The whole public catalogue as files that are made each night, so that nobody needs to crawl it."""
