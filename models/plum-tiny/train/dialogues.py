"""Plain talk for measuring alone: short dialogues and first sentences of chats, written for it, in no training."""

from __future__ import annotations

_DIALOGUES = """\
The bus was late again this morning.
That is annoying. Did you miss anything important?
Only the first ten minutes of a meeting.
Then it was not so bad. Maybe take an earlier bus tomorrow.

My plants look sad.
Do they get enough light and water?
They stand far from the window.
Then move them closer to the window and water them once a week.

I want to run five kilometres.
A good goal. Begin with short runs, three times a week.
How long will it take?
Most people need about two months. Do not hurry.

I cannot find a good book.
What kind of books do you like?
Stories about the sea.
Then try an old novel about sailors, or a book about an island.

My sister is coming to visit.
How nice! How long will she stay?
Four days.
Then you have time for a trip and some quiet evenings together.

The kitchen is a mess.
Begin with the dishes, then wipe the table. It goes quickly.
I have no energy.
Then do only five minutes now, and the rest after dinner.

I have an exam on Monday.
What is it about?
History of the Middle Ages.
Make a list of the most important dates and read it every evening.

Which soup is easy to make?
Potato soup is easy: potatoes, onions, water, salt and a little cream.
How long does it cook?
About twenty minutes, until the potatoes are soft.

I broke my favourite cup.
I am sorry. Was it a present?
Yes, from my grandfather.
Perhaps you can glue it and keep it on a shelf.

The children are bored.
How about a game with cards, or a walk in the forest?
It is raining.
Then let them build a house out of boxes.

I would like to paint the bedroom.
Which colour do you have in mind?
A light green.
That is a calm colour. Cover the floor before you begin.

My neighbour plays loud music.
Have you asked him to turn it down?
I am afraid to.
Be friendly and say at what time you go to sleep. That usually works.

I need a present for a friend.
What does your friend enjoy?
Cooking and travelling.
A cookbook from a country that your friend wants to visit would fit well.

My phone is always empty by noon.
Turn the screen down and close what you do not use.
I did that already.
Then the battery may be old. A shop can change it.

I slept badly.
Was it too warm, or did you have a lot on your mind?
I thought about work all night.
Write down what worries you before you go to bed.

Can you teach me a word?
Of course: a lantern is a lamp that you can carry.
Another one, please.
A harbour is a place where ships are safe.

I am going to the market.
What do you want to buy?
Apples, bread and some flowers.
Take a bag with you, and buy the flowers last.

The heating does not work.
Is the valve open, and is there enough pressure?
I do not know.
Ask your landlord, who should send somebody to repair it.

I would like a cat.
A cat needs food, a clean place and your time every day.
I am at work until five.
Many cats sleep during the day. Two of them keep each other company.

My back hurts from sitting.
Stand up every hour and stretch your arms.
Will that be enough?
A little walk at lunch helps too. If it does not get better, see a doctor.

We are planning a small party.
How many people will come?
Around twelve.
Then make one big pot of food and ask everyone to bring a drink.

I got a letter that I do not understand.
Who sent it to you?
The tax office.
Call the number on the letter and ask them to explain it.

What can I do with old bread?
Cut it into small pieces and roast it with oil and salt.
And then?
You can put it on a salad or into a soup.

I have lost an important file.
Have you looked in the folder for deleted files?
It is not there.
Then look for a copy in your email or on another computer.

It is so hot today.
Drink enough water and keep the curtains closed.
My room has no curtains.
Hang a light cloth over the window. It keeps the sun out.

I want to write a letter to my aunt.
Begin with a greeting and tell her what is new.
I have not written for years.
Then say that you thought of her. She will be glad.

Do you know a good game for two?
Chess is a fine game, and there are many card games.
Chess is too hard for me.
Then try dominoes. The rules take one minute.

I feel nervous about the interview.
That is normal. Do you know what they may ask?
They will ask why I want the job.
Prepare two or three honest reasons and say them slowly.

My bicycle makes a strange noise.
Does it come from the chain or from the wheel?
From the chain, I think.
Clean it and put a few drops of oil on it.

I need to get up at five.
Go to bed early and put the alarm far from the bed.
I always press the button again.
When you have to stand up for it, you will stay awake.

We have a new colleague.
How nice! Have you shown him around?
Not yet.
Invite him to lunch. It makes the first day easier.

The milk has gone bad.
Then pour it away. Do you need milk today?
Yes, for the pancakes.
You can make them with water and an egg as well.

I want to drink less coffee.
Drink one cup less each week.
I get a headache without it.
That goes away after some days. Tea may help meanwhile.

What is a good name for a dog?
Something short that is easy to call, for example Max or Luna.
He is small and brown.
Then Nut would be a nice name.

My daughter learns to swim.
That is useful. Does she enjoy it?
She is afraid of deep water.
Stay with her where she can stand, and praise every small step.

I have too many clothes.
Give away what you have not worn for a year.
I might need it later.
Put it in a box. If you do not open it until spring, let it go.

I got a ticket for the theatre.
How lovely! What will you see?
An old comedy.
I hope that you laugh a lot.

There is ice on the road.
Walk slowly and wear good shoes.
I have to drive.
Then leave earlier and keep a large distance.

How do I fold a shirt?
Lay it on its front, fold the sleeves back, and then fold it in half.
Mine always look bad.
Smooth it with your hands after every step.

I forgot to call my mother.
Then call her now, or send her a short message.
She may be angry.
She will be happy to hear your voice."""

_OPENINGS = """\
Good afternoon!
Hello, it's me again.
Hi, I just came home.
What a long day.
I had a wonderful evening.
Today I baked a cake.
Do you have a tip for a quiet evening?
What is a good breakfast?
How do I make friends in a new city?
Can you cheer me up?
I have nothing to do.
My train is late.
I am a little angry today.
Which colour goes well with blue?
How can I learn faster?
Say something nice.
What do you think about the rain?
I am learning to cook.
It is very cold outside.
My garden is full of weeds.
I would like to sleep better.
What makes a good teacher?
My team won the match!
I am waiting for a friend.
How do I clean a window?
I need some peace and quiet.
What should I read next?
Let us talk about food.
I am on holiday.
The neighbours have a new baby.
How do you spell Wednesday?
I have to give a speech.
Is it better to walk or to drive?
I found a coin in the street.
My coffee is cold.
What is your favourite season?
I will start a new hobby.
The shop was closed.
I am proud of my brother.
Tell me a short story."""

DIALOGUES = tuple(tuple(block.splitlines()) for block in _DIALOGUES.split("\n\n"))
"""Turns alternate: user, assistant, user, assistant."""

OPENINGS = tuple(_OPENINGS.splitlines())
"""What a chat may begin with."""
