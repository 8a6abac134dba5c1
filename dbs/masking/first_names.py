"""Common first names, to recognise columns of persons' names by sampled values.

Written down from memory of birth registers in German, English, French, Spanish, Italian, Dutch, Polish, Scandinavian,
Turkish, Arabic and Indian usage. Names that are ordinary words, places or months as well are left out (April, Rose,
Florence, Victoria, Jordan), because a column of cities is no column of persons.
"""

from __future__ import annotations

from dbs.masking.naming import listed

FIRST_NAMES = listed("""
    aaron abdul abigail adam adriana agnieszka ahmed aisha alan albert alejandro aleksandra alessandro alexander
    alexandra alexandre alfred ali alice alicia amanda amelie amir amina ana anders andrea andreas andrew andrzej
    angela anita anja anke anna annalena anne annette annika antje anton antonia antonio arjun arne arthur astrid
    axel aylin barbara beate beatrice ben benjamin bernd bernhard bettina birgit bjorn brian brigitte bruno
    camille carla carlos carmen carmine caroline catherine cecile charles charlotte chiara chloe christian
    christiane christina christine christoph christopher claire clara claudia clement cristina dagmar daniel
    daniela daniele darren david deborah denis dennis deepak derya diana diego dieter dietmar dirk dmitri dominik
    donald dorothea edith eduard edward ekaterina elena eleonora elif elisabeth elizabeth elke emil emilia emilie
    emily emma emre erik erika ernst esra esther etienne eva fabian fatima fatma federico felix fernando fiona
    francesca francesco francisco francois frank franz frederic friedrich gabriel gabriele gareth georg george
    gerald gerd gerhard gertrud gianluca giorgia giovanni giulia gisela grace graham greta gregory guido guillaume
    gunther gustav hans hannah hannes harald harry hassan heather heidi heike heinrich heinz helen helena helga
    helmut henrik henry herbert hermann hildegard holger horst hugo ian ibrahim ignacio ilse ines inga ingrid
    irene irina isabel isabella isabelle ivan jack jacob jacqueline jakob james jamie jan jana jane janet janine
    jannik jasmin jason javier jean jennifer jens jeremy jerome jessica jesus joachim joan joanna joao jochen
    joelle johan johann johanna johannes john jonas jonathan jorge jorg jose joseph josephine joshua juan judith
    julia julian juliane julie julien jurgen jutta kai karen karin karl karl-heinz katarzyna katharina kathrin
    katja katrin kemal kenneth kerstin kevin khaled kirsten klaus konrad krzysztof kumar kurt lars laura laurent
    lea leila lena lennart leon leonie leonhard leticia lina linda lisa lorenzo louise luca lucas lucia luciana
    ludwig luis luisa lukas lukasz lutz magdalena maike malte manfred manuel manuela marc marcel marcin marco
    marcus maren margaret margarete maria marianne marie marina mario marion marius mark markus marlene marta
    martha martin martina mary massimo mateusz mathias mathilde matteo matthew matthias maximilian mehmet melanie
    mia michael michaela michal michel michele michelle miguel mikael mohamed mohammed monica monika moritz
    mustafa nadia nadine nadja natalia natalie nathalie nele nico nicolas nicole niels nikita niklas nils nina
    noah nora norbert olaf ole olga oliver olivia olivier omar oscar oskar otto pablo paola pascal patricia
    patrick paul paula pauline pawel pedro peter petra philip philipp philippe pierre pilar piotr priya rachel
    rahul rainer ralf ramona raphael raul rebecca regina reinhard renate rene ricardo riccardo richard rita robert
    roberto rodrigo roland rolf roman ronald rosa rosemarie rudiger rudolf ruth ryan sabine sabrina salvatore
    samantha samuel sandra sara sarah sebastian selina sergej sergio sigrid silke silvia simon simona simone sofia
    sonja sophia sophie stefan stefanie stefano stephan stephanie stephen steven susan susanne sven svenja
    svetlana sylvia sylvie tamara tanja tatjana teresa theodor theresa thomas thorsten tim timo tina tobias tom
    tomasz torsten udo ulrich ulrike ursula ute uwe valentina valerie vanessa vera veronica veronika victor
    vincent vladimir volker walter waltraud werner wilhelm william wolfgang xavier yasmin yusuf yvonne zeynep zoe
    zofia
    """)
