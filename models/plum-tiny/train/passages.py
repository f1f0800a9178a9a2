"""Plain sentences for replay while an adapter is trained, so that general language stays; written for it."""

from __future__ import annotations

SENTENCES = tuple(
    """The harbour was quiet after the last ferry had left.
A small key hung on a nail behind the kitchen door.
We planted two apple trees, one for each of the children.
The old clock in the hall is always five minutes slow.
She wrote the address on the back of her hand.
In spring the stream carries branches down from the hills.
He likes his coffee strong and his bread without butter.
The shop on the corner sells umbrellas and second-hand books.
Nobody had told them that the bridge was closed.
The soup tasted better on the second day.
A cold wind came in whenever the door was opened.
They counted the chairs and found that one was missing.
My neighbour plays the trumpet on Sunday mornings.
The path goes through the wood and ends at a farm.
If you heat sugar slowly, it turns into caramel.
Her bicycle has a basket for the shopping and a bell that sings.
The engineer looked at the drawing and shook her head.
Rain fell for three days, and then the sun came back.
You need patience, warm water and a clean cloth.
The boy carried the lantern and his sister carried the map.
Some letters take a week, and some never arrive.
A good knife should be sharp and kept dry.
The village has one school, one church and two bakers.
He learned the poem by heart during the long journey.
The goat stood on the roof of the shed and looked pleased.
We sat by the fire and talked about the summer.
It is easier to paint a wall than to choose a colour.
The nurse counted the beds before she went home.
On market days the square is full by seven in the morning.
The cellar smells of apples and old wood.
He closed the book, because he knew how it would end.
Two swans live on the lake behind the mill.
The recipe asks for three eggs and a pinch of salt.
They moved the table to the window for more light.
The dog waits at the gate until everyone is home.
A tired driver should stop and rest.
The first snow melted before noon.
She keeps buttons in a tin that once held biscuits.
The meeting was short and the lunch was long.
Our train stood in the tunnel for half an hour.
He cut the rope with a pair of old scissors.
There is a bench under the lime tree in the yard.
The captain drew a line on the chart and smiled.
You can hear the sea from the upper rooms.
The tailor measured the sleeve twice.
Most of the lamps in the street were broken.
A warm bath is good after a day in the garden.
The judge asked for silence and opened the letter.
They built the boat in a barn far from the water.
Her brother sends a postcard from every city.
The potatoes were ready before the fish.
A spider had made its web between two bottles.
The child asked why the moon follows the car.
Nothing in the drawer was worth keeping.
He repaired the radio with a piece of wire.
The wedding took place in a tent beside the river.
She trusted the weather and left her coat at home.
The hens were fed at six and the horses at seven.
A large map of the valley covered the whole wall.
We shared the last piece of cake and went to bed.""".splitlines()
)
