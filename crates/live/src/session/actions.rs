//! The actions of a session besides joining and leaving: sending, sharing a file, reacting, typing, reading.

use domain::event::Change;
use domain::file::ShareFileCommand;
use domain::message::{AnnotationAct, Appended, Message, SendCommand};
use domain::room::Seq;
use domain::{MessageId, RoomId};

use super::{Buffer, Session, TRACED};

impl<B: Buffer> Session<B> {
    /// Sends a message; returns it once it is stored.
    #[tracing::instrument(
        target = TRACED,
        name = "socket send",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %command.room)
    )]
    pub async fn send(&self, command: SendCommand) -> domain::Result<Message> {
        let (identity, use_cases) = (self.identity(), self.sessions.use_cases.clone());
        let sending = async move { use_cases.messages.send.execute(identity, command).await };
        Ok(match self.sessions.finish_here(sending).await? {
            Appended::New(message) | Appended::Replayed(message) => message,
        })
    }

    /// Uploads a file and sends the message that shows it; returns the message once it is stored.
    #[tracing::instrument(
        target = TRACED,
        name = "socket send",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %command.room)
    )]
    pub async fn share_file(&self, command: ShareFileCommand) -> domain::Result<Message> {
        let (identity, use_cases) = (self.identity(), self.sessions.use_cases.clone());
        let sharing = async move { use_cases.files.share.execute(identity, command).await };
        self.sessions.finish(sharing).await
    }

    /// Reacts to a message, or takes a reaction back; returns the change once it is stored, `None` where there is none.
    #[tracing::instrument(
        target = TRACED,
        name = "socket react",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %room)
    )]
    pub async fn annotate(
        &self,
        room: RoomId,
        message: MessageId,
        act: AnnotationAct,
    ) -> domain::Result<Option<Change>> {
        let (identity, use_cases) = (self.identity(), self.sessions.use_cases.clone());
        let annotating =
            async move { use_cases.messages.annotate.execute(identity, room, message, act).await };
        self.sessions.finish_here(annotating).await
    }

    /// Publishes to the room's other members that the user types; for members.
    #[tracing::instrument(
        target = TRACED,
        name = "socket tell",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %room)
    )]
    pub async fn typing(&self, room: RoomId) -> domain::Result<()> {
        self.sessions.use_cases.presence.publish_typing.execute(self.identity(), room).await
    }

    /// Moves the user's read mark; the use case publishes it to all connections but this one.
    #[tracing::instrument(
        target = TRACED,
        name = "socket tell",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %room)
    )]
    pub async fn read(&self, room: RoomId, seq: Seq) -> domain::Result<()> {
        let (identity, use_cases) = (self.identity(), self.sessions.use_cases.clone());
        let by = Some(self.connection);
        let reading = async move { use_cases.messages.mark_read.execute(identity, room, seq, by).await };
        self.sessions.finish(reading).await
    }
}
