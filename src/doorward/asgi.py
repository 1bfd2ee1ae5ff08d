"""The application for any ASGI server: `uvicorn doorward.asgi:app`."""

from doorward.lasting import lasting

with lasting():
    from doorward.serving import application

app = application()
