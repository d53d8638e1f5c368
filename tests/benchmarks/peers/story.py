"""A text the starter model feels at home in, written for comparing engines: about 300 tokens."""

STORY = (
    "Once upon a time there was a little girl called Lily. She lived with her mother and her father "
    "in a small house near the forest. One day she found a red ball in the garden. It was very big "
    "and it was wet with rain. “Whose ball is this?” she asked. Nobody knew. Lily took the ball to "
    "the park and showed it to her friend Tom. “It is not mine,” said Tom, “but I saw a brown dog "
    "play with it.” So they walked along the road to look for the dog. They looked under the trees "
    "and behind the shop. At last they heard a bark. The dog sat next to an old man, and both of them "
    "looked sad. “We have lost our ball,” said the man. Lily smiled and gave it to him. “Thank you,” "
    "he said. “You are very kind.” The dog jumped up and licked her hand. Then they all played "
    "together until the sun went down, and Lily ran home for dinner. Her mother asked her why she was "
    "so happy. “I made two new friends today,” said Lily."
)
