//! An API server for kubectl, in this process: discovery, server-side apply with the ownership of fields, dry runs, watches, and
//! the controllers that a release needs. Objects are kept in memory; pods do not exist.

mod controllers;
mod fields;
mod http;
mod kinds;
mod objects;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt, web};
use serde_json::{Value, json};
use tokio::sync::watch;

use kinds::{KINDS, Kind};
use objects::{Event, Id, Objects};

/// The state that requests, watches and controllers share.
struct Cluster {
    objects: Mutex<Objects>,
    kinds: Vec<&'static Kind>,
    failing_jobs: AtomicBool,
    /// The newest version; wakes watches and controllers.
    version: watch::Sender<u64>,
}

impl Cluster {
    /// Works on the objects, and wakes those who wait for a change.
    fn with<R>(&self, work: impl FnOnce(&mut Objects) -> R) -> R {
        let mut objects = self.objects.lock().unwrap();
        let result = work(&mut objects);
        self.version.send_if_modified(|version| std::mem::replace(version, objects.version()) != *version);
        result
    }

    /// Lets the controllers work after each change.
    async fn control(self: Arc<Self>) {
        let mut changes = self.version.subscribe();
        loop {
            let failing_jobs = self.failing_jobs.load(Ordering::SeqCst);
            while self.with(|objects| controllers::step(objects, failing_jobs)).unwrap() {
                // Others see every step.
                tokio::task::yield_now().await;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// A running server, which ends with this value.
pub(crate) struct ApiServer {
    cluster: Arc<Cluster>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl ApiServer {
    /// Starts a server without the kinds of these groups.
    pub(crate) fn start_without(groups: &[&str]) -> Self {
        let kinds = KINDS.iter().filter(|kind| !groups.contains(&kind.group)).collect();
        let cluster = Arc::new(Cluster {
            objects: Mutex::default(),
            kinds,
            failing_jobs: AtomicBool::new(false),
            version: watch::Sender::new(1),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (started, handle) = mpsc::channel();
        let shared = Arc::clone(&cluster);
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                let data = web::Data::from(Arc::clone(&shared));
                let app = move || App::new().app_data(data.clone()).default_service(web::to(http::answer));
                let server =
                    HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
                started.send(server.handle()).unwrap();
                let controllers = rt::spawn(shared.control());
                server.await.unwrap();
                controllers.abort();
            });
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), kubeconfig(address).to_string()).unwrap();
        Self { cluster, handle: handle.recv().unwrap(), thread: Some(thread), folder }
    }

    pub(crate) fn start() -> Self {
        Self::start_without(&[])
    }

    /// The file for `KUBECONFIG`.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// A folder for what kubectl keeps of this server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes every job from now on fail, or succeed.
    pub(crate) fn let_jobs_fail(&self, fail: bool) {
        self.cluster.failing_jobs.store(fail, Ordering::SeqCst);
    }

    /// Returns the object of that kind in the namespace `parlor` whose name starts so, or `None`.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<Value> {
        self.all(kind)
            .into_iter()
            .find(|object| object["metadata"]["name"].as_str().unwrap().starts_with(name))
    }

    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        self.cluster.with(|objects| objects.of_kind(kind).map(|(_, object)| object.clone()).collect())
    }

    /// Returns every change so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.cluster.with(|objects| objects.events.clone())
    }

    /// Changes an object as another program does.
    pub(crate) fn change(&self, manager: &str, (kind, name): (&str, &str), change: impl FnOnce(&mut Value)) {
        let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
        let id: Id = (kind.name, "parlor".to_owned(), name.to_owned());
        self.cluster.with(|objects| {
            let mut object = objects.get(&id).unwrap().clone();
            change(&mut object);
            objects.update(kind, &id, object, manager).unwrap();
        });
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        // The command is sent at once; its future only waits.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn kubeconfig(address: SocketAddr) -> Value {
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]})
}
