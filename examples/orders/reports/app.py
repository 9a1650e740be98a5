"""Reports on orders, for clerks."""

from flask import Flask
from flask_login import LoginManager

from reports.views import bp

app = Flask(__name__)
app.config["SECRET_KEY"] = "change-me-later"
app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True)

login = LoginManager(app)
app.register_blueprint(bp, url_prefix="/reports")

if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
