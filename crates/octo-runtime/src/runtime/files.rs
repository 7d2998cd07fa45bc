//! Database files of tenants: creating, renaming and removing them so that a crash at any moment
//! leaves only complete databases and leftovers that the next start sweeps away.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;

use crate::rt_id::RtId;
use crate::store::StoreError;
use crate::tenant_id::DatabaseName;

// A database under construction or being removed; never a tenant's database, because database
// names contain no dots.
const LEFTOVER: &str = "leftover";
const SIDE_FILES: [&str; 2] = ["-wal", "-shm"];

/// The folder with all database files.
#[derive(Debug)]
pub(super) struct TenantFiles {
    folder: PathBuf,
}

impl TenantFiles {
    /// Opens the folder below the data directory, creating it when missing.
    pub(super) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let folder = data_dir.join("tenants");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        // Databases hold password hashes and keys: nobody else has business there.
        #[cfg(unix)]
        builder.mode(0o700);
        builder
            .create(&folder)
            .await
            .map_err(failed("create data directory"))?;
        let files = Self { folder };
        files.sweep().await.map_err(failed("read data directory"))?;
        Ok(files)
    }

    /// Where a database is.
    pub(super) fn path(&self, database: &DatabaseName) -> PathBuf {
        self.folder.join(format!("{database}.db"))
    }

    /// Whether a database exists.
    pub(super) async fn exists(&self, database: &DatabaseName) -> bool {
        fs::try_exists(self.path(database)).await.unwrap_or(false)
    }

    /// A path for a database under construction.
    pub(super) fn temporary(&self) -> PathBuf {
        self.folder.join(format!("{}.{LEFTOVER}", RtId::generate()))
    }

    /// Gives a finished, closed database its name; a closed database of that name is replaced.
    pub(super) async fn publish(
        &self,
        temporary: &Path,
        database: &DatabaseName,
    ) -> Result<(), StoreError> {
        let publish = async {
            // A log of its own would mean that the new database is not complete; one of the old
            // database would be taken for the new one's.
            for file in side_files(temporary) {
                if fs::try_exists(&file).await? {
                    return Err(io::Error::other("the new database was not closed properly"));
                }
            }
            let path = self.path(database);
            for file in side_files(&path) {
                remove_if_there(&file).await?;
            }
            fs::rename(temporary, &path).await?;
            self.sync().await
        };
        publish.await.map_err(failed("create database"))
    }

    /// Removes a closed database.
    pub(super) async fn remove(&self, database: &DatabaseName) -> Result<(), StoreError> {
        let path = self.path(database);
        let doomed = self.temporary();
        // Renamed first: from then on it is gone for everybody, also when the process dies here.
        match fs::rename(&path, &doomed).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => renamed.map_err(failed("remove database"))?,
        }
        self.discard(&path).await;
        self.discard(&doomed).await;
        Ok(())
    }

    /// Removes what is left at a path, as far as possible; the next start tries again.
    pub(super) async fn discard(&self, path: &Path) {
        for file in std::iter::once(path.to_owned()).chain(side_files(path)) {
            if let Err(error) = remove_if_there(&file).await {
                tracing::warn!(file = %file.display(), %error, "removing a database file failed");
            }
        }
    }

    // Names of files are on disk only when their folder is. Windows keeps them without being asked
    // and cannot be asked this way.
    async fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            fs::File::open(&self.folder).await?.sync_all().await?;
        }
        Ok(())
    }

    async fn sweep(&self) -> io::Result<()> {
        let mut entries = fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|e| e.to_string_lossy().starts_with(LEFTOVER))
            {
                self.discard(&path).await;
            }
        }
        Ok(())
    }
}

async fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn side_files(path: &Path) -> impl Iterator<Item = PathBuf> {
    let path = path.as_os_str().to_owned();
    SIDE_FILES.into_iter().map(move |suffix| {
        let mut file = path.clone();
        file.push(suffix);
        PathBuf::from(file)
    })
}

fn failed(operation: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::Failed {
        operation,
        message: error.to_string(),
    }
}
