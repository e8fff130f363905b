// The application that Parlor's fan-out is compared with: it broadcasts each message of a client to all others.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
let revision = 0;

io.on("connection", (socket) => {
  socket.on("publish", (message) => {
    revision += 1;
    // As many fields as Parlor's event.
    socket.broadcast.emit("message", {
      action: "new-message",
      roomId: "01a1fd6d-931e-7224-80e1-69de66df6795",
      revision,
      seq: revision,
      id: "01a1fd6d-9030-752a-8d03-0341185a4102",
      sender: "jane_doe",
      senderId: "01a1fd6d-9030-752a-8d03-0341185a4103",
      message,
      type: "text",
      file: null,
      clientId: null,
      timestamp: new Date().toISOString(),
      editedAt: null,
    });
  });
});

http.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${http.address().port}`));
