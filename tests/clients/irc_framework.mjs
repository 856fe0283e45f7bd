// A client made of irc-framework: types lines on standard input, prints what it hears. Arguments: host, port, account, password.
import readline from 'node:readline';
import irc from 'irc-framework';

const [host, port, account, password] = process.argv.slice(2);
const options = {
    host, port: Number(port), nick: account, username: account, gecos: account,
    account: { account, password }, auto_reconnect: false, enable_chghost: true, enable_setname: true, enable_echomessage: true,
};
const client = new irc.Client();
client.requestCap(['draft/chathistory', 'echo-message', 'labeled-response', 'standard-replies']);

const shown = new Set();
client.on('registered', () => console.log('-- connected\nWelcome'));
client.on('join', (event) => {
    console.log(`-- ${event.nick} has joined ${event.channel}`);
    if (event.nick === client.user.nick) {
        client.raw('CHATHISTORY', 'LATEST', event.channel, '*', '50');
    }
});
client.on('message', (event) => {
    // What came as history and live is shown once.
    const id = event.tags.msgid;
    if (id !== undefined && shown.has(id)) return;
    shown.add(id);
    console.log(`<${event.nick}> ${event.message}`);
});
client.on('topic', (event) => console.log(`-- topic of ${event.channel}: ${event.topic}`));
client.on('irc error', (event) => {
    // A link that is closed on request is none.
    if (!/Quit/.test(event.reason)) console.log(`-- error ${JSON.stringify(event)}`);
});
client.on('sasl failed', (event) => console.log(`-- error ${JSON.stringify(event)}`));
client.on('unknown command', (command) => {
    // Numerics that it has no names for, and what was asked for beyond it.
    if (!/^(\d+|BATCH|MARKREAD|TAGMSG)$/.test(command.command)) console.log(`-- unknown ${command.command} ${command.params}`);
});
client.connect(options);

for await (const line of readline.createInterface({ input: process.stdin })) {
    const [word, target, ...rest] = line.split(' ');
    const text = rest.join(' ');
    if (word === '/join') client.join(target);
    else if (word === '/msg') client.say(target, text);
    else if (word === '/topic') client.setTopic(target, text);
    else if (word === '/disconnect') client.quit();
    else if (word === '/connect') { shown.clear(); client.connect(options); }
    else console.log(`-- error: ${line}`);
}
