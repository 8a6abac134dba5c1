"""Words in names of columns that mean a person's data, in several languages.

A name is split at everything that is no letter and at camelCase, in lower case and without accents. A row below
matches when its words stand next to each other in the name; of several rows the longest match counts, and of equally
long ones the last in the name.
"""

from __future__ import annotations

import re
import unicodedata

from dbs.masking.naming import listed

FOUND = dict[tuple[str, ...], str]


def tokens(name: str) -> tuple[str, ...]:
    """`backupEmail` and `backup_email` → backup, email; `Straße` → strasse; `IPAddress` → ip, address."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    plain = unicodedata.normalize("NFKD", apart.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return tuple(re.findall(r"[^\W\d_]+", letters))


def _phrases(text: str) -> list[str]:
    return text.split(",")


def _table(groups: dict[str, str]) -> FOUND:
    """What → phrases, as a table phrase → what. Phrases are parted by commas, their words by spaces."""
    return {tuple(phrase.split()): what for what, text in groups.items() for phrase in _phrases(text)}


PHRASES: FOUND = _table(
    {
        "email": "email,mail,emails,mails,e mail,emailaddress,mailaddress,mailadresse,emailadresse,courriel,"
        "correo,epost,"
        "email address,mail address,e mail address,courrier electronique",
        "phone": "phone,phones,telephone,telefon,telefono,telefone,tel,mobile,mobil,mobilephone,phonenumber,handy,fax,"
        "cellphone,gsm,msisdn,whatsapp,handynummer,telefonnummer,rufnummer,mobilnummer,faxnummer,celular,movil,"
        "telnr,telno,cellulare,phone number,mobile number,telephone number,phone no,tel nr",
        "name": "firstname,lastname,surname,forename,givenname,familyname,fullname,middlename,vorname,nachname,"
        "familienname,geburtsname,prenom,apellido,apellidos,cognome,sobrenome,fornavn,etternavn,efternamn,"
        "fornamn,voornaam,achternaam,imie,nazwisko,fname,lname,cardholder,kontoinhaber,ansprechpartner,"
        "first name,last name,middle name,given name,family name,full name,maiden name,birth name,real name,"
        "legal name,display name,card holder,account holder,nom famille,nome completo,contact person,realname,"
        "displayname,signature name,holder name,author,auteur,autor,recipient,sender,addressee,empfaenger,"
        "absender",
        "login": "username,login,nickname,screenname,benutzername,user name,screen name,nick name,login name,"
        "user login,"
        "nicename,user nicename,twitter handle,instagram handle,skype,discord id,twitter,instagram,facebook id",
        "address": "address,addr,addresses,street,strasse,streetname,hausnummer,housenumber,postcode,"
        "postalcode,zipcode,zip,"
        "plz,postleitzahl,adresse,anschrift,wohnort,direccion,indirizzo,endereco,calle,rue,codepostal,"
        "postal code,post code,zip code,house number,code postal,codigo postal,address line,street name,"
        "street number,birthplace,geburtsort,place of birth,cep,postnummer",
        "ip": "ip,ipaddress,ipaddr,ipv,remoteaddr,ip address,ip addr,remote addr,remote ip,client ip,remote address,"
        "sign in ip,login ip",
        "date": "birthdate,birthday,dateofbirth,dob,born,birth,geburtsdatum,geburtstag,gebdatum,naissance,nacimiento,"
        "nascita,nascimento,date of birth,birth date,birth day,date naissance,date of death,fodselsdato,"
        "geboortedatum",
        "account": "iban,bic,accountnumber,kontonummer,kontonr,cardnumber,creditcard,ccnumber,kreditkarte,"
        "kreditkartennummer,account number,bank account,card number,credit card,cc number,sort code,"
        "routing number,sepa mandate,bankverbindung,card last",
        "identity": "ssn,passport,passportnumber,taxid,nationalid,socialsecurity,steuernummer,steuerid,ustid,"
        "sozialversicherungsnummer,svnr,dni,nif,cpf,bsn,pesel,personnummer,personalausweis,ausweisnummer,"
        "kennzeichen,tax id,tax number,vat number,vat id,vat nr,national id,social security,"
        "social security number,passport number,driver license,driving licence,license plate,licence plate,"
        "number plate,id card,id number,codice fiscale,insurance number,versichertennummer",
        "secret": "password,passwd,passwords,pwd,passwort,kennwort,passcode,passwordhash,contrasena,motdepasse,secret,"
        "token,tokens,apikey,apitoken,otp,totp,pin,cvv,cvc,salt,privatekey,accesstoken,refreshtoken,sessionid,"
        "securitystamp,api key,access key,private key,secret key,encryption key,two factor,two factor secret,"
        "recovery codes,backup codes,security answer,session id,session key,session token,auth key,"
        "activation key,activation code,verification code,reset code,reset token,remember token,password hash,"
        "password salt,mot de passe,credential,credentials,authkey,device token,push token,webhook secret",
        "special": "religion,ethnicity,ethnic,nationality,nationalitaet,diagnosis,diagnose,diagnoses,"
        "disability,blood type,"
        "sexual orientation,gender,geschlecht,konfession,political,marital status,familienstand,allergies,"
        "medication,staatsangehoerigkeit,union member",
        "amount": "salary,gehalt,wage,income,einkommen,salaire,hourly rate",
        "place": "latitude,longitude,lat,lng,lon,geolocation,gps,geo location,geo point",
    }
)

ENDINGS = {
    **dict.fromkeys(("email", "emailaddress"), "email"),
    **dict.fromkeys(("firstname", "lastname", "surname"), "name"),
    **dict.fromkeys(("birthday", "birthdate"), "date"),
    "iban": "account",
    "password": "secret",
}
"""Ends of words that are written together: `customeremail`. No `phone`: a microphone is nobody's number."""

# Tables whose rows are persons: there, words that elsewhere mean a thing mean a person.
PERSONS = listed(
    "user users customer customers client clients member members person persons people contact contacts employee "
    "employees staff patient patients lead leads subscriber subscribers guest guests author authors student students "
    "teacher teachers applicant applicants candidate candidates passenger passengers driver drivers tenant visitor "
    "visitors recipient recipients sender owner beneficiary kunde kunden benutzer mitarbeiter mitglied mitglieder "
    "personen patienten utilisateur utilisateurs clientes usuario usuarios cliente persona personas utente utenti "
    "billing shipping invitee attendee attendees address addresses adressen reviewer signer payer payee holder "
    "consignee buyer seller profile profiles account accounts"
)
OF_PERSONS: FOUND = _table(
    {
        "name": "name,names,nom,nome,nombre,naam,navn,namn,alias,initials,title name",
        "address": "city,town,ort,stadt,ville,ciudad,citta,line,village,district,region,location",
        "login": "login,handle,url,website,homepage,avatar,photo,picture,image",
        "phone": "number mobile,whatsapp number",
    }
)

# Words behind or before which it is no longer the person's datum but something about it.
LAST_HARMLESS = listed(
    "count counts total totals enabled disabled verified confirmed sent status state type types kind template "
    "templates format provider optin optout required valid length size version sort order position field fields "
    "column label prefix suffix regex config setting settings allowed limit policy score rate interval at on until "
    "since expires expiry duration bounces attempts language locale layout theme visible public frequency preference "
    "preferences queue driver host server port encryption protocol available active default primary notification "
    "notifications ttl lifetime strength scheme algorithm algo method source reason mode category level index class "
    "tag tags"
)
FIRST_HARMLESS = listed(
    "is has can should num count max min allow allows enable enabled show hide send sends require requires total use "
    "uses nb needs wants with"
)
HARMLESS_PHRASES = frozenset(
    tuple(phrase.split())
    for phrase in _phrases(
        "mac address,web address,memory address,table name,file name,host name,domain name,class name,event name,"
        "product name,template name,index name,column name,field name,queue name,app name,service name,zip file,"
        "phone code,phone country,pin order,secret name,token name,token type,key name,"
        "gender neutral,mail server,mail host,mail driver,mail queue,token count,mobile app,"
        "birth rate,login count,twitter card,"
        "address family,contract address,name space,location id,birth order"
    )
)
FREE_TEXT = listed(
    "comment comments note notes message messages body bio about remark remarks bemerkung bemerkungen notiz notizen "
    "kommentar nachricht feedback review complaint signature subject memo inquiry question answer greeting "
    "commentaire observaciones nota notas anmerkung agent useragent text content payload data details context "
    "metadata"
)
"""No refusal by name alone: what they hold differs too much. A suggestion masks them."""
