//! A browser without a window, steered over a pipe in the protocol of its developer tools.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use ct_codecs::{Base64, Decoder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::aloud;

/// The names that Chromium goes by.
const PROGRAMS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The browser speaks on the descriptors 3 and 4. It needs no network, and as root it has no sandbox.
const START: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
const FLAGS: [&str; 10] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What a page is asked once it is there.
const EXAMINED: &str = include_str!("examined.js");

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Pixels.
    pub width: u32,
    /// `light` or `dark`.
    pub scheme: &'static str,
    /// `screen` or `print`.
    pub media: &'static str,
}

/// Phone and desk, by day and by night, and paper.
pub const LOOKS: [Look; 5] = [
    Look { width: 390, scheme: "light", media: "screen" },
    Look { width: 390, scheme: "dark", media: "screen" },
    Look { width: 1280, scheme: "light", media: "screen" },
    Look { width: 1280, scheme: "dark", media: "screen" },
    Look { width: 794, scheme: "dark", media: "print" },
];

pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    /// What the page did since it was opened.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one with one page; says aloud where there is none.
    pub fn start() -> Option<Self> {
        let is_there = |name: &&&str| {
            let shown = Command::new(name).arg("--version").stderr(Stdio::null()).output();
            shown.is_ok_and(|output| output.status.success())
        };
        let Some(program) = PROGRAMS.iter().find(is_there) else {
            aloud("NOT TESTED: Chromium is not installed, no page is opened in a browser");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", START, program]).args(FLAGS);
        shell.arg(format!("--user-data-dir={}", profile.path().display()));
        let mut process = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (from, events) = (BufReader::new(from), Vec::new());
        let mut browser =
            Self { process, to, from, session: None, last: 0, events, _profile: profile };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Sends a command and gives its result.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut message = self.next();
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn next(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&message).unwrap()
    }

    fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|it| it["method"] == event) {
            let message = self.next();
            self.events.push(message);
        }
    }

    /// Opens a file that needs no other; gives what is wrong with the page.
    pub fn examine(&mut self, file: &Path, look: Look) -> Vec<String> {
        self.examine_in(file, file, look)
    }

    /// Opens a file that may load what lies in its home; gives what is wrong with the page.
    pub fn examine_in(
        &mut self,
        home: &Path,
        file: &Path,
        Look { width, scheme, media }: Look,
    ) -> Vec<String> {
        let size = json!({
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": [feature] }));
        self.events.clear();
        let address = format!("file://{}", file.display());
        self.call("Page.navigate", json!({ "url": address }));
        self.wait_for("Page.loadEventFired");
        let found = self.list(&format!("({EXAMINED})({width})"));
        let home = format!("file://{}", home.display());
        let complaints = self.events.iter().filter_map(|event| complaint(event, &home));
        complaints.chain(found).collect()
    }

    /// The value of an expression in the page; of a promise, what it promises.
    pub fn ask(&mut self, expression: &str) -> Value {
        let question =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", question);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Does what leads to another page, and waits for it.
    pub fn arrive(&mut self, expression: &str) {
        self.events.clear();
        self.ask(expression);
        self.wait_for("Page.loadEventFired");
    }

    /// The strings that an expression in the page gives.
    pub fn list(&mut self, expression: &str) -> Vec<String> {
        let answer = self.ask(expression);
        let strings = answer.as_array().unwrap_or_else(|| panic!("{expression}: {answer}")).iter();
        strings.map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    /// The fonts of this machine, and not of the page, that the elements of a selector are set in.
    pub fn foreign_fonts(&mut self, selector: &str) -> Vec<String> {
        self.call("DOM.enable", json!({}));
        self.call("CSS.enable", json!({}));
        let document = self.call("DOM.getDocument", json!({}));
        let all = json!({ "nodeId": document["root"]["nodeId"], "selector": selector });
        let found = self.call("DOM.querySelectorAll", all);
        let nodes = found["nodeIds"].as_array().cloned().unwrap_or_default();
        let mut foreign = Vec::new();
        for node in nodes {
            let fonts = self.call("CSS.getPlatformFontsForNode", json!({ "nodeId": node }));
            let fonts = fonts["fonts"].as_array().cloned().unwrap_or_default();
            let fonts = fonts.iter().filter(|it| it["isCustomFont"] == false);
            foreign.extend(fonts.map(|it| it["familyName"].to_string()));
        }
        foreign
    }

    /// Keeps a picture of the whole page for a person, where `GRADLINGS_PICTURES` names a folder.
    pub fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("GRADLINGS_PICTURES") else { return };
        let whole = json!({ "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", whole);
        let picture = Base64::decode_to_vec(picture["data"].as_str().unwrap(), None).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an event says against a page whose own files have addresses that begin like this.
fn complaint(event: &Value, home: &str) -> Option<String> {
    let told = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("exception: {}", told["exceptionDetails"])),
        "Runtime.consoleAPICalled" => Some(format!("console: {}", told["args"])),
        "Log.entryAdded" => Some(format!("log: {}", told["entry"]["text"])),
        "Network.requestWillBeSent" => {
            let url = &told["request"]["url"];
            let is_own = url.as_str().is_some_and(|url| {
                url.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            (!is_own).then(|| format!("request: {url}"))
        }
        _ => None,
    }
}
