"""A page in Chromium without a window, driven through the pipe of its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)

ENTER = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}


class Page:
    """One page of a browser of its own, without a network."""

    def __init__(self, path, width=1100, height=1400):
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def give():
            # Numbers that the pipes may have already are kept free first.
            pipes = [os.dup(pipe) for pipe in (to_browser, from_browser)]
            os.dup2(pipes[0], 3)
            os.dup2(pipes[1], 4)

        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        options += [f"--user-data-dir={self._profile.name}", f"--window-size={width},{height}"]
        self._browser = subprocess.Popen(
            [PROGRAM, *options, "about:blank"],
            preexec_fn=give,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._left, self._number, self._session = b"", 0, None
        self.complaints, self.asked = [], []
        targets = self._call("Target.getTargets")["targetInfos"]
        target = next(info["targetId"] for info in targets if info["type"] == "page")
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self._call(f"{domain}.enable")
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait("Boolean(document.documentElement?.dataset.ready)")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._out)
        try:
            self._browser.wait(10)
        except subprocess.TimeoutExpired:
            self._browser.kill()
            self._browser.wait()
        os.close(self._in)
        self._profile.cleanup()

    def _call(self, method, **parameters):
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            while b"\0" not in self._left:
                part = os.read(self._in, 1 << 20)
                assert part, "the browser ended"
                self._left += part
            message, self._left = self._left.split(b"\0", 1)
            message = json.loads(message)
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def _note(self, event):
        method, about = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(about["exceptionDetails"])
        elif method == "Log.entryAdded":
            self.complaints.append(about["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(about["request"]["url"].split(":", 1)[0])

    call = _call

    def value(self, expression):
        """What JavaScript of the page gives."""
        how = {"returnByValue": True, "awaitPromise": True}
        found = self.call("Runtime.evaluate", expression=expression, **how)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def text(self, selector):
        return self.value(f"document.querySelector({json.dumps(selector)}).textContent")

    def wait(self, condition, seconds=60):
        """Waits until a condition holds; says what the page says where it does not."""
        end = time.monotonic() + seconds
        while not self.value(condition):
            if time.monotonic() > end:
                raise AssertionError(f"{condition}: {self.text('#status')} {self.complaints}")
            time.sleep(0.02)

    def place(self, selector, x=0.5, y=0.5):
        """Where a share of an element's width and height is, once it is in sight."""
        box = self.value(
            f"(() => {{ const of = document.querySelector({json.dumps(selector)});"
            "of.scrollIntoView({ block: 'center' });"
            "const box = of.getBoundingClientRect();"
            "return [box.x, box.y, box.width, box.height] })()"
        )
        return box[0] + x * box[2], box[1] + y * box[3]

    def mouse(self, kind, at, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **more)

    def click(self, selector):
        self.drag(selector, [(0.5, 0.5)])

    def drag(self, selector, shares):
        """Presses at the first of some places in an element, moves to the others, releases."""
        places = [self.place(selector, *share) for share in shares]
        pressed = {"button": "left", "buttons": 1, "clickCount": 1}
        self.mouse("mouseMoved", places[0])
        self.mouse("mousePressed", places[0], **pressed)
        for at in places[1:]:
            self.mouse("mouseMoved", at, button="left", buttons=1)
        self.mouse("mouseReleased", places[-1], **pressed)

    def press(self, key):
        """A key by its name, such as `ArrowDown`."""
        of = ENTER if key == "Enter" else {"key": key, "code": "Space" if key == " " else key}
        of = {**of, "text": " "} if key == " " else of
        self.call("Input.dispatchKeyEvent", type="keyDown", **of)
        self.call("Input.dispatchKeyEvent", type="keyUp", **of)

    def choose_file(self, selector, path):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def greys(self, selector):
        """The greys of a canvas, row after row."""
        return self.value(
            f"(() => {{ const of = document.querySelector({json.dumps(selector)});"
            "const { data } = of.getContext('2d').getImageData(0, 0, of.width, of.height);"
            "return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]) })()"
        )

    def saved(self, selector):
        """The text that a click on a button would save."""
        self.value(
            "URL.createObjectURL = (blob) => ((globalThis.saved = blob.text()), '#saved'); 0"
        )
        self.click(selector)
        return self.value("globalThis.saved")

    def look(self, path, width=None, scheme=None):
        """Writes a picture of the whole page, for people."""
        if width:
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            self.call("Emulation.setDeviceMetricsOverride", **size)
        if scheme:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.call("Emulation.setEmulatedMedia", features=features)
        time.sleep(0.3)
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
