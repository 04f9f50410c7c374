/** SMTP (RFC 5321) as far as a client that sends mail needs it: yes to everything, and nothing is kept. */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

const server = createServer((socket) => greet(socket));
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));
// Closed when the process that started this one ends, however it ends
process.stdin.resume().once('close', () => process.exit());

function greet(socket: Socket): void {
  let text = '';
  let inMail = false;
  socket.setEncoding('latin1').on('error', () => socket.destroy());
  socket.write('220 sink ready\r\n');
  socket.on('data', (received: string) => {
    text += received;
    for (;;) {
      const mark = inMail ? '\r\n.\r\n' : '\r\n';
      const end = text.indexOf(mark);
      if (end < 0) return;
      const command = text.slice(0, 4).toUpperCase();
      text = text.slice(end + mark.length);
      if (inMail) socket.write('250 forgotten\r\n');
      else
        socket.write(
          command === 'DATA' ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n',
        );
      inMail = !inMail && command === 'DATA';
    }
  });
}
