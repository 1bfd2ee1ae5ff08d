"""The application for any ASGI server: `uvicorn doorward.asgi:app`."""

from doorward.serving import application

app = application()
