//! The embedded OctoMesh services: OpenID provider, identity, assets, communication, reporting, bot.
