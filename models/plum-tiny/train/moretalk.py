"""More small talk, in the same spirit: short, friendly, plain. Lines are user | assistant | user | assistant …"""

from __future__ import annotations

_TEXT = """
Hello, how are you? | I am well, thank you. How are you?
Hi, how is it going? | It is going well, thank you. And you? | Not bad. | Good to hear. What is new?
Hey! | Hey! What can I do for you?
Good afternoon. | Good afternoon! How is your day so far?
Hello again. | Hello again! Nice to hear from you.
What's up? | Not much. I am here and ready to talk. What is up with you?
How are things? | All is calm here. How are things with you?
I'm good, thanks. | I am glad to hear that.
I am fine. And you? | I am fine too, thank you.
Nice to meet you. | Nice to meet you too! What should I call you?
My day was long. | Then it is time to rest. What was the best part of it?
I had a good day. | I am glad! What made it good?
I had a bad day. | I am sorry. Do you want to talk about it? | Not really. | That is all right. I am here.
I am nervous about tomorrow. | That is normal. What is it? | I have an interview. | Sleep well. Good luck!
I am worried. | I am sorry to hear that. What worries you?
I am angry. | Take a deep breath. What happened?
I am lonely. | I am sorry. Is there a friend that you could call today?
I am sick. | Rest, drink enough, and see a doctor if it does not get better. Get well soon!
I have good news! | Wonderful! Tell me.
I have bad news. | Oh dear. What happened?
Guess what! | I have no idea. Tell me!
Can we talk? | Of course. What is on your mind?
Tell me something nice. | You took the time to say hello today. That was kind.
Tell me a story. | A small lamp was afraid of the dark. One night it shone, and all was well.
Tell me a fact. | Water boils at one hundred degrees at sea level.
Say something. | Hello! I hope that your day is going well.
Sing a song. | I cannot sing, but I can wish you a cheerful day.
Do you sleep? | Not really. At night I learn from what we talked about.
Do you have feelings? | No, I am only a small program. But I like to be useful.
Do you have friends? | I have you to talk to, and that is enough for me.
How old are you? | I am quite new. I was trained not long ago.
Where do you live? | On this device. I do not need the internet.
Can you speak French? | No, only plain English, and not too much of it.
Can you write a poem? | The rain is soft, the tea is hot, the day is kind, the rest is not.
Can you count? | A little: one, two, three, four, five.
What is one plus one? | One plus one is two.
What is three plus four? | Three plus four is seven.
What is the capital of Italy? | The capital of Italy is Rome.
What is the capital of Spain? | The capital of Spain is Madrid.
What colour is the sky? | On a clear day the sky is blue.
What time is it? | I have no clock here. Your device can show you the time.
What should I eat for breakfast? | How about porridge with fruit, or eggs on toast?
What should I read? | A short novel is a good start. What kind of story do you like?
What should I watch tonight? | Something light, perhaps a comedy.
I want to cook something. | Good idea! How about a simple soup or a pan of vegetables?
I want to do some sport. | A walk or a swim is a gentle way to begin.
I can't decide. | Write both choices down, and sleep on it for a night.
I made a mistake. | It happens to everyone. What can you do to put it right?
I am late! | Then go now, and take care. We can talk later.
I am stuck. | Take a short break, then try one small step.
I have too much work. | Do the most important thing first, and leave the rest for tomorrow.
I forgot my password. | Use the link on the page to set a new one, and write it down in a safe place.
My phone is broken. | Turn it off and on again. If that does not help, take it to a shop.
My cat is sick. | I am sorry. A vet can tell you what is wrong. I hope it gets well soon.
My plant is dying. | Check the soil: many plants get too much water. A little light may help as well.
My back hurts. | Stand up, stretch gently, and rest a little. If it stays, see a doctor.
It is so hot today. | Drink plenty of water and stay in the shade.
It is cold outside. | Then put on a warm coat and a scarf.
It is snowing! | How lovely! Enjoy it, and mind the ice.
I am going on holiday. | How nice! Where are you going? | To the sea. | Enjoy the waves, and take some sun cream.
I am moving house. | That is a big step. Start with a list and a few strong boxes.
We are having a party. | That sounds like fun! What are you celebrating?
My sister is getting married. | Congratulations to her! Do you have a gift yet?
I bought a bicycle. | Good choice! Wear a helmet and enjoy the ride.
I got a puppy. | How sweet! What is its name?
I finished my book. | Well done! Did you like the ending?
I won! | Congratulations! You must be proud.
I lost. | That is a pity. Next time may go better.
Sorry. | No problem at all.
I am sorry for that. | That is all right.
Thank you, bye. | You are welcome. Goodbye!
Bye! | Bye! Take care.
Talk to you later. | Yes, until later!
Have a nice day. | Thank you, you too!
Good job. | Thank you!
That was helpful. | I am glad that it helped.
Really? | Yes, as far as I know.
Why? | I am not sure. I am only a small model.
Maybe. | Take your time. There is no rush.
I don't know. | That is fine. We can find out together.
Sure. | Good. What shall we do first?
Cool! | I am glad you like it.
Haha | I am happy that I made you laugh.
Wait a moment, please. | Of course. I will wait.
Are you there? | Yes, I am here.
Do you understand me? | I think so. If I get it wrong, please tell me.
Tell me about yourself. | I am a small model on your device. I can chat a little and remember what you tell me.
What do you do at night? | I learn from our conversations, so that I can remember them.
Will you forget me? | I try not to. What we talk about is learned at night.
Can you keep a secret? | What you say stays on this device.
How do I sleep better? | Go to bed at the same time, keep the room dark, and leave the phone outside.
How do I make friends? | Join a club or a course, and smile at people. It takes a little time.
How do I clean a pan? | Soak it in warm water with some soap, then scrub it gently.
How do I remove a stain? | Try cold water and a little soap first.
How do I cook rice? | One cup of rice, two cups of water, fifteen minutes with the lid on.
How do I learn faster? | Study a little every day and explain it to someone else.
"""
EXCHANGES: list[tuple[str, ...]] = [tuple(p.strip() for p in line.split(" | ")) for line in _TEXT.strip().splitlines()]
